-- Rates: how often something was called in the present minute, which begins with the first call of a key.
-- A key holds the number and expires with its minute, so that Redis' clock alone decides and nothing is left behind.
--
-- Decides for many callers at once. KEYS: all keys, each once. ARGV[1]: for each caller, as one list of JSON, how many
-- entries it has, then for each of them the place of its key and how many calls a minute it may make. A caller is allowed
-- when all of its entries are, and only then do they count.
-- Answers Redis' time (seconds, microseconds), then for each caller what was left for it, which of its entries decides
-- (from 0: the one with least left, or of those that deny the last to reset), and milliseconds until that one's minute is over.
--
-- The keys of one caller lie in different slots of a Cluster: this script needs a Redis that is one.

local MINUTE = 60000

local held = redis.call('MGET', unpack(KEYS))
local used, taken, expires = {}, {}, {}
for place = 1, #KEYS do
  used[place] = tonumber(held[place] or 0)
  taken[place] = 0
end

local function left_of_minute(place)
  if not held[place] then return MINUTE end
  if not expires[place] then expires[place] = redis.call('PTTL', KEYS[place]) end
  return expires[place]
end

local asked = cjson.decode(ARGV[1])
local answer = redis.call('TIME')
local at = 1
while at <= #asked do
  local first, last = at + 1, at + 2 * asked[at]
  local decides, least
  for entry = first, last, 2 do
    local left = asked[entry + 1] - used[asked[entry]]
    if not decides or (left < least and least > 0)
      or (left <= 0 and least <= 0 and left_of_minute(asked[entry]) > left_of_minute(asked[decides])) then
      decides, least = entry, left
    end
  end
  if least > 0 then
    for entry = first, last, 2 do
      local place = asked[entry]
      used[place] = used[place] + 1
      taken[place] = taken[place] + 1
    end
  end
  answer[#answer + 1] = least
  answer[#answer + 1] = (decides - first) / 2
  answer[#answer + 1] = left_of_minute(asked[decides])
  at = last + 1
end

for place = 1, #KEYS do
  if taken[place] > 0 then
    if held[place] then
      redis.call('INCRBY', KEYS[place], taken[place])
    else
      redis.call('SET', KEYS[place], taken[place], 'PX', MINUTE)
    end
  end
end
return answer
