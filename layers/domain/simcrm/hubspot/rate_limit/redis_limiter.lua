-- The portal's budgets, cooldown and breaker, for all writers. Times are in ms of the server's clock.
-- KEYS: granted calls of the family (sorted set), state (hash), failures (sorted set); one hash slot.
-- ARGV: 'acquire' or 'release', family, call id, then what that needs. Returns {reason, wait in ms}.
local calls, state, failures = KEYS[1], KEYS[2], KEYS[3]
local operation, family, id = ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local DAY = 86400000
local DAILY_PAUSE = 500

local function field(name) return tonumber(redis.call('HGET', state, name)) end
local function set(...) redis.call('HSET', state, ...) redis.call('PEXPIRE', state, 2 * DAY) end

local function used(interval)
  redis.call('ZREMRANGEBYSCORE', calls, '-inf', now - interval)
  local own = redis.call('ZCARD', calls)
  if (field('foreign_until:' .. family) or 0) > now then return own + field('foreign:' .. family) end
  return own
end

local function acquire(seed, interval, flight, daily, probe, again)
  -- Asked again because the connection broke before the answer came: the call has been granted already.
  if redis.call('ZSCORE', calls, id) then return {'granted', 0} end
  local cooldown = (field('cooldown:' .. family) or 0) - now
  if cooldown > 0 then return {'cooldown', cooldown} end
  local probing = field('open_until') ~= nil
  if probing then
    local closed = math.max(field('open_until'), field('probe_until') or 0) - now
    if closed > 0 then return {'breaker', closed} end
  end
  local today = math.floor(now / DAY)
  if field('day') ~= today then set('day', today, 'daily_left', daily, 'daily_at', now) end
  if field('daily_left') <= 0 then
    if now - field('daily_at') < again then return {'daily', 0} end
    set('daily_at', now)
  end
  local spent = field('daily_spent_at')
  if spent then
    if now - spent < again then return {'daily', 0} end
    -- One call asks whether the day is over, the others wait for its answer.
    local asked = now - (field('daily_asked_at') or 0)
    if asked < probe then return {'cooldown', math.min(DAILY_PAUSE, probe - asked)} end
  end
  local limit = field('limit:' .. family) or seed
  if used(interval) >= limit then
    local oldest = redis.call('ZRANGE', calls, 0, 0, 'WITHSCORES')[2]
    return {'budget', math.max(1, (oldest and tonumber(oldest) or now) + interval - now)}
  end
  if probing then set('probe_until', now + probe) end
  if spent then set('daily_asked_at', now) end
  redis.call('ZADD', calls, now + flight, id)
  redis.call('PEXPIRE', calls, interval + flight + 1000)
  redis.call('HINCRBY', state, 'daily_left', -1)
  return {'granted', 0}
end

local function correct(interval, greatest, remaining, daily_left)
  if greatest then set('limit:' .. family, greatest) end
  if greatest and remaining then
    local foreign = greatest - remaining - redis.call('ZCARD', calls)
    if foreign > 0 then set('foreign:' .. family, foreign, 'foreign_until:' .. family, now + interval) end
  end
  if daily_left then set('daily_left', daily_left, 'daily_at', now) end
end

local function throttle(cooldown, greatest, seed)
  set('cooldown:' .. family, math.max(field('cooldown:' .. family) or 0, now + cooldown))
  -- Without a word from the portal, a quarter less than was tried.
  if not greatest then
    local tried = math.min(field('limit:' .. family) or seed, math.max(redis.call('ZCARD', calls), 1))
    set('limit:' .. family, math.max(1, math.floor(tried * 0.75)), 'good:' .. family, 0)
  end
end

-- After a throttled call, back to what is configured: one more for as many good answers as the limit has calls. The
-- portal's own word on its limit makes this needless; where it gives none, nothing else would raise it again.
local function recover(greatest, seed)
  local limit = field('limit:' .. family)
  if greatest or not limit or limit >= seed then redis.call('HDEL', state, 'good:' .. family) return end
  if (field('cooldown:' .. family) or 0) > now then return end
  if redis.call('HINCRBY', state, 'good:' .. family, 1) >= limit then
    set('limit:' .. family, limit + 1, 'good:' .. family, 0)
  end
end

-- The portal says that the day's calls are spent, whatever was counted here.
local function spend()
  set('daily_spent_at', now)
  redis.call('HDEL', state, 'daily_asked_at')
end

-- Whether the breaker opened.
local function fail(window, most, open)
  if (field('open_until') or now + 1) <= now then
    set('open_until', now + open, 'probe_until', 0)
    return true
  end
  redis.call('ZREMRANGEBYSCORE', failures, '-inf', now - window)
  redis.call('ZADD', failures, now, id)
  redis.call('PEXPIRE', failures, window)
  if redis.call('ZCARD', failures) > most then
    set('open_until', now + open, 'probe_until', 0)
    redis.call('DEL', failures)
    return true
  end
  return false
end

local function release(outcome, interval, greatest, remaining, daily_left, cooldown, seed, window, most, open)
  -- A call that was answered before its time of flight was over has certainly been counted by then.
  local granted = tonumber(redis.call('ZSCORE', calls, id))
  if granted and granted > now then redis.call('ZADD', calls, 'XX', now, id) end
  -- A spent day is recorded by spend(), in fields that a resume clears.
  correct(interval, greatest, remaining, outcome ~= 'daily' and daily_left)
  if outcome == 'throttled' then throttle(cooldown, greatest, seed) end
  local opened = outcome == 'failed' and fail(window, most, open)
  if outcome == 'daily' then spend() end
  if outcome == 'ok' then
    recover(greatest, seed)
    redis.call('HDEL', state, 'daily_spent_at', 'daily_asked_at')
  end
  -- Any answer closes the breaker, also one that forbids.
  if (outcome == 'ok' or outcome == 'daily') and (field('open_until') or now + 1) <= now then
    redis.call('HDEL', state, 'open_until', 'probe_until')
    redis.call('DEL', failures)
  end
  return {opened and 'breaker' or 'granted', 0}
end

local function number(place) return tonumber(ARGV[place]) end

if operation == 'acquire' then
  return acquire(number(4), number(5), number(6), number(7), number(8), number(9))
end
return release(ARGV[4], number(5), number(6), number(7), number(8), number(9), number(10), number(11), number(12), number(13))
