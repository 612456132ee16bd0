-- Calls that a process was lent and did not make. KEYS: of which rates. ARGV[1]: for each of them, as one list of JSON, when the minute
-- ends of which they were, and how many. Of a minute that is over, or of a Redis that was flushed since, nothing is counted off:
-- the minute that the key counts now never lent them.

local back = cjson.decode(ARGV[1])
for place = 1, #KEYS do
  local ends, count = back[2 * place - 1], back[2 * place]
  if redis.call('PEXPIRETIME', KEYS[place]) == ends then redis.call('DECRBY', KEYS[place], count) end
end
return #KEYS
