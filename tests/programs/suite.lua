-- Lua's own test files (lua/lua's folder testes), each by itself, as its all.lua
-- runs them for users: without main and big, and what in them needs a shell, a C
-- compiler or much memory.
_U, _soft, _port, _nomsg = true, true, true, true
_G.ARG = arg
_G.showmem = function() end
local debug, exit = debug, os.exit
local passed, failed = 0, 0
local files = [[gc db calls strings literals tpack utf8 attrib gengc locals constructs
  code cstack nextvar pm api events vararg closure coroutine goto errors math sort
  bitwise verybig files bwcoercion]]

for name in files:gmatch("%w+") do
  local f, why = loadfile(name .. ".lua")
  local good = false
  if f then
    good, why = xpcall(f, debug.traceback, true)
  end
  if good then passed = passed + 1 else failed = failed + 1 end
  print("\n" .. (good and "ok " or "not ok ") .. passed + failed .. " - " .. name ..
        (good and "" or ": " .. tostring(why):match("[^\n]*")))
end
print("1.." .. passed + failed)
exit(failed == 0)
