-- Provider slots: leases of calls under way, in a sorted set for each limit, by the instant at which they end by themselves.
-- KEYS: the sets. ARGV[1]: what to do; ARGV[2]: how long a lease lasts, in milliseconds; then by what is done:
-- take: the lease, then the limit of each set. Takes a place in all of them or in none; answers 1 or 0.
-- renew: a lease for each set. One that has run out is put back: its call is under way all the same.
-- release: the lease. Answers 1 when it was there.
-- Redis' clock alone decides what has run out.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lasts = tonumber(ARGV[2])

local function hold(key, lease)
  redis.call('ZADD', key, now + lasts, lease)
  -- No lease in it lasts longer than the newest.
  redis.call('PEXPIRE', key, lasts)
end

if ARGV[1] == 'take' then
  for place, key in ipairs(KEYS) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    if redis.call('ZCARD', key) >= tonumber(ARGV[3 + place]) then return 0 end
  end
  for _, key in ipairs(KEYS) do hold(key, ARGV[3]) end
  return 1
end

if ARGV[1] == 'renew' then
  for place, key in ipairs(KEYS) do hold(key, ARGV[2 + place]) end
  return 1
end

local found = 0
for _, key in ipairs(KEYS) do found = math.max(found, redis.call('ZREM', key, ARGV[3])) end
return found
