-- Runs one script of threads and semaphores on light threads, and tells its log, a line for each.
--
-- Every thread waits for what it is told to do next; the main thread, not in the log, tells one of
-- them, lets everything that can run do so, and only then tells the next.

local semaphore = require "ngx.semaphore"

local log, threads, semaphores = {}, {}, {}
local mailboxes, orders, is_idle = {}, {}, {}
-- Changes whenever somebody runs: who finds it as it was has not waited.
local turn = 0

local function say(text)
  turn = turn + 1
  log[#log + 1] = text
  return turn
end

local function call(name, fn)
  local mine = say(name .. " waits")
  local at = #log
  local result = fn()
  if turn == mine then
    log[at] = name .. ": " .. result
  else
    say(name .. " after waiting: " .. result)
  end
end

-- The errors in lasa's words.
local function fault(message)
  if message:find("already waited or killed", 1, true) then return "already waited or killed" end
  if message:find("only the parent", 1, true) then return "not the parent" end
  return message
end

local function is_there(op)
  for _, id in ipairs(op.threads or { op.thread }) do
    if not threads[id] then return false end
  end
  return true
end

local function wait_for(ids)
  local list = {}
  for i, id in ipairs(ids) do list[i] = threads[id] end
  local is_raised, ok, value = (function(called, ...)
    return not called, ...
  end)(pcall(ngx.thread.wait, unpack(list)))
  if is_raised then return fault(ok) end
  if ok == nil then return fault(value) end
  return (ok and "ended with " or "failed with ") .. tostring(value)
end

local function kill(id)
  local ok, err = ngx.thread.kill(threads[id])
  if ok then return "true" end
  -- Why there is nothing to kill is not told by lasa.
  if err == "killer not parent" then return err end
  return "false"
end

local function taken(ok, err)
  return ok and "taken" or err
end

local run

local function start(id, first)
  mailboxes[id] = semaphore.new()
  local function body()
    threads[id] = coroutine.running()
    say(id .. " starts")
    local ops = first
    while true do
      local ending = run(id, ops)
      if ending then
        if ending.ok then return "value of " .. id end
        error("error of " .. id, 0)
      end
      is_idle[id] = true
      mailboxes[id]:wait(20)
      is_idle[id] = false
      ops = orders[id]
      orders[id] = nil
      if not ops then
        say(id .. " is resumed by mistake")
        return
      end
    end
  end
  threads[id] = ngx.thread.spawn(body)
end

function run(id, ops)
  for _, op in ipairs(ops) do
    local what = op.op
    local name = id .. " " .. what .. " " .. (op.text or "")
    local gate = semaphores[op.semaphore]
    if not is_there(op) then
      say(name .. ": nobody")
    elseif what == "end" then
      say(name)
      return op
    elseif what == "spawn" then
      say(name)
      start(op.child, op.ops)
    elseif what == "wait" then
      call(name, function() return wait_for(op.threads) end)
    elseif what == "kill" then
      call(name, function() return kill(op.thread) end)
    elseif what == "status" then
      call(name, function() return coroutine.status(threads[op.thread]) end)
    elseif what == "post" then
      gate:post(op.n)
      say(name)
    elseif what == "count" then
      call(name, function() return tostring(gate:count()) end)
    elseif what == "try" then
      call(name, function() return taken(gate:wait(0)) end)
    elseif what == "take" then
      call(name, function() return taken(gate:wait(20)) end)
    elseif what == "take briefly" then
      call(name, function() return taken(gate:wait(0.004)) end)
    end
  end
end

-- Events that were posted run before the next timer does; a sleep of 0 would not let them.
local function settle()
  for _ = 1, 2 do
    ngx.sleep(0.001)
    turn = turn + 1
  end
end

ngx.req.read_body()
local script = assert(loadstring("return " .. ngx.req.get_body_data()))()
for i, n in ipairs(script.semaphores) do semaphores[i] = semaphore.new(n) end
start(1, {})
settle()
for _, command in ipairs(script.commands) do
  local id = command.thread
  say("to " .. id)
  local status = threads[id] and coroutine.status(threads[id])
  if not status or status == "zombie" or status == "dead" then
    say(id .. " is not there")
  elseif not is_idle[id] then
    say(id .. " is busy")
  else
    orders[id] = command.ops
    mailboxes[id]:post(1)
    settle()
    local last = command.ops[#command.ops]
    if last and last.op == "take briefly" then
      for _ = 1, 1000 do
        if is_idle[id] then break end
        ngx.sleep(0.001)
        turn = turn + 1
      end
    end
  end
end
for _, line in ipairs(log) do ngx.say(line) end
ngx.say("done")
-- Ends the threads that are left.
ngx.exit(ngx.OK)
