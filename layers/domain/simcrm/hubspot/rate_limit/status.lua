-- Cooldown, breaker and use of the budgets, at one moment of the server's clock.
-- KEYS: state (hash), then the granted calls of each family; one hash slot. ARGV: the families' intervals in ms.
-- Returns {now in ms, state, calls of each family}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local used = {}
for place, interval in ipairs(ARGV) do
  used[place] = redis.call('ZCOUNT', KEYS[place + 1], now - interval, '+inf')
end
return {now, redis.call('HGETALL', KEYS[1]), used}
