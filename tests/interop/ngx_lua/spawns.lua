-- Runs one script of threads that spawn threads on light threads, and tells what they said.

local semaphore = require "ngx.semaphore"

local log = {}
local gate = semaphore.new()

local function run(ops)
  for _, op in ipairs(ops) do
    if op.say then
      log[#log + 1] = op.say
    elseif op.spawn then
      ngx.thread.spawn(run, op.spawn)
    else
      gate:wait(20)
    end
  end
end

ngx.req.read_body()
run(assert(loadstring("return " .. ngx.req.get_body_data()))())
ngx.sleep(0.001)
while gate:count() < 0 do
  log[#log + 1] = "the gate opens"
  gate:post(-gate:count())
  ngx.sleep(0.001)
end
for _, line in ipairs(log) do ngx.say(line) end
ngx.say("done")
