-- Rates: how often something was called in the present minute, which begins with the first call of a key.
-- A key holds the number and expires with its minute, so that Redis' clock alone decides and nothing is left behind.
--
-- Decides for many callers at once. KEYS: all keys, each once. ARGV[1]: for each caller, as one list of JSON, how many
-- entries it has, then for each of them the place of its key, how many calls a minute it may make, and how many it would like to
-- be lent. A caller is allowed when all of its entries are, and only then do they count. ARGV[2]: one in so many of what is left is lent at most.
-- Answers Redis' time in milliseconds, then for each entry what was left of it, how many calls it was lent, and when its minute ends.
--
-- The keys of one caller lie in different slots of a Cluster: this script needs a Redis that is one.

local MINUTE = 60000

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local held = redis.call('MGET', unpack(KEYS))
local used, taken, ends = {}, {}, {}
for place = 1, #KEYS do
  used[place] = tonumber(held[place] or 0)
  taken[place] = 0
  ends[place] = held[place] and redis.call('PEXPIRETIME', KEYS[place]) or now + MINUTE
end

local asked, share = cjson.decode(ARGV[1]), tonumber(ARGV[2])
local answer = { now }
local at = 1
while at <= #asked do
  local first, last = at + 1, at + 3 * asked[at]
  local least
  for entry = first, last, 3 do
    local left = asked[entry + 1] - used[asked[entry]]
    if not least or left < least then least = left end
  end
  for entry = first, last, 3 do
    local place, spare = asked[entry], 0
    answer[#answer + 1] = asked[entry + 1] - used[place]
    if least > 0 then
      local most = math.floor((asked[entry + 1] - used[place] - 1) / share)
      spare = math.max(0, math.min(asked[entry + 2], most))
      used[place] = used[place] + 1 + spare
      taken[place] = taken[place] + 1 + spare
    end
    answer[#answer + 1] = spare
    answer[#answer + 1] = ends[place]
  end
  at = last + 1
end

for place = 1, #KEYS do
  if taken[place] > 0 then
    if held[place] then
      redis.call('INCRBY', KEYS[place], taken[place])
    else
      redis.call('SET', KEYS[place], taken[place], 'PXAT', ends[place])
    end
  end
end
return answer
