-- Runs read scripts on cosockets, and tells how each call ended, a line for each.
--
-- In lockstep with the feeder: over a connection of its own it is asked for the next item of the
-- stream and says when it has been sent. What arrived first is also what nginx sees first, so by
-- then the reader has had it.

local function hex(bytes)
  return (bytes:gsub(".", function(char) return ("%02x"):format(char:byte()) end))
end

local function outcome(data, err, partial)
  if data then return "data " .. hex(data) end
  if not err then return "nil" end
  return err .. " " .. hex(partial or "")
end

local function run(case, path, ask)
  local socket = ngx.socket.tcp()
  assert(socket:connect("unix:" .. path))
  ask("accept")
  local items, at = case.items, 1
  -- A read that timed out stays with lasa's platform and takes the next piece alone: where several
  -- came by now, a receiveany would tell.
  local is_read_left = false

  -- Time runs out only where the script has a pause; the next wait for data takes the new timeout.
  local function arm(next_item)
    socket:settimeout(next_item == "pause" and 1 or 20000)
  end

  local function feed()
    arm(items[at + 1])
    ask(items[at])
    at = at + 1
    -- The answer may have been there at once: only a turn of the event loop lets the reader run.
    ngx.sleep(0)
  end

  local readers = {}
  for i, reader in ipairs(case.readers) do
    readers[i] = socket:receiveuntil(reader.pattern, { inclusive = reader.inclusive })
  end

  for _, step in ipairs(case.steps) do
    for _ = 1, step.before do
      if items[at] and items[at] ~= "pause" and not is_read_left then feed() end
    end
    arm(items[at])
    local told
    local thread = ngx.thread.spawn(function()
      if step.call == "until" then
        if step.size then
          told = outcome(readers[step.reader](step.size))
        else
          told = outcome(readers[step.reader]())
        end
      elseif step.call == "any" then
        told = outcome(socket:receiveany(step.size))
      elseif step.call == "size" then
        told = outcome(socket:receive(step.size))
      else
        told = outcome(socket:receive(step.call == "all" and "*a" or "*l"))
      end
    end)
    while not told do
      if items[at] and items[at] ~= "pause" then
        is_read_left = false
        feed()
      else
        -- Time runs out, or nginx has yet to hear of the end.
        assert(ngx.thread.wait(thread))
      end
    end
    if told:find("^timeout") then
      assert(items[at] == "pause", "a read has timed out where there is no pause")
      at = at + 1
      is_read_left = true
    end
    ngx.say(told)
  end
  socket:close()
end

ngx.req.read_body()
local batch = assert(loadstring("return " .. ngx.req.get_body_data()))()
local control = ngx.socket.tcp()
control:settimeout(20000)
assert(control:connect("unix:" .. batch.path))
local function ask(item)
  assert(control:send(item .. "\n"))
  assert(control:receive("*l"))
end
for _, case in ipairs(batch.cases) do
  run(case, batch.path, ask)
  ngx.say("end")
end
control:close()
ngx.say("done")
