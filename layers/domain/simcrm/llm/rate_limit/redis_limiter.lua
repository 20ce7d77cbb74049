-- One limiter for all functions: KEYS[1] is a hash, times are milliseconds of the server's clock.
-- acquire: ARGV = 'acquire', input, output, limit of requests, of input, of output (0 none, for a hash that knows none yet)
-- release: ARGV = 'release', the three limits, reserved - used for input and output, mark, cooldown,
--          then limit and remaining (-1 unknown) of requests, input and output, failures and time of the breaker,
--          and the call's own input and output
local key, op = KEYS[1], ARGV[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local names = {'requests', 'input', 'output'}
local state = {}
local flat = redis.call('HGETALL', key)
for n = 1, #flat, 2 do state[flat[n]] = tonumber(flat[n + 1]) end
local first = op == 'acquire' and 4 or 2
for n, name in ipairs(names) do
  local limit = state[name .. ':limit'] or tonumber(ARGV[first + n - 1])
  local level = state[name] or limit
  local passed = now - (state.at or now)
  state[name .. ':limit'] = limit
  state[name] = math.min(limit, level + limit * math.max(0, passed) / 60000)
end
state.at = now

local function save()
  local fields = {}
  for name, value in pairs(state) do
    fields[#fields + 1] = name
    fields[#fields + 1] = string.format('%.3f', value)
  end
  redis.call('HSET', key, unpack(fields))
  redis.call('PEXPIRE', key, 86400000)
end

local function acquire()
  if (state.cooldown or 0) > now then return {'cooldown', state.cooldown - now} end
  local open = state.open or 0
  if open > now then return {'open', open - now} end
  if open > 0 and (state.probe or 0) > now then return {'open', state.probe - now} end
  local needs, wait = {1, tonumber(ARGV[2]), tonumber(ARGV[3])}, 0
  for n, name in ipairs(names) do
    local limit = state[name .. ':limit']
    if limit > 0 then
      local need = math.min(needs[n], limit)
      if state[name] < need then wait = math.max(wait, (need - state[name]) / limit * 60000) end
    end
  end
  if wait > 0 then return {'limit', wait} end
  for n, name in ipairs(names) do state[name] = state[name] - needs[n] end
  if open > 0 then state.probe = now + tonumber(ARGV[7]) end
  return {'none', 0}
end

-- Whether the breaker opened.
local function release()
  state.input = state.input + tonumber(ARGV[5])
  state.output = state.output + tonumber(ARGV[6])
  local used = {1, tonumber(ARGV[17]), tonumber(ARGV[18])}
  for n, name in ipairs(names) do
    local limit, remaining = tonumber(ARGV[7 + 2 * n]), tonumber(ARGV[8 + 2 * n])
    if limit > 0 then
      local known = state[name .. ':told'] == 1 and limit == state[name .. ':limit']
      -- The provider may not have counted the other calls yet that are under way.
      local under_way = math.max(0, state[name .. ':limit'] - state[name] - used[n])
      if known then state[name] = math.min(state[name], remaining) else state[name] = math.max(0, remaining - under_way) end
      state[name .. ':limit'], state[name .. ':told'] = limit, 1
    end
  end
  local mark, cooldown = ARGV[7], tonumber(ARGV[8])
  if cooldown > 0 then state.cooldown = math.max(state.cooldown or 0, now + cooldown) end
  if mark == 'ok' then
    state.failures, state.open, state.probe = 0, 0, 0
  elseif mark == 'sick' then
    state.failures = (state.failures or 0) + 1
    if state.failures >= tonumber(ARGV[15]) or (state.open or 0) > 0 then
      state.open, state.probe = now + tonumber(ARGV[16]), 0
      return true
    end
  else
    state.probe = 0
  end
  return false
end

if op == 'acquire' then
  local answer = acquire()
  save()
  return {answer[1], math.ceil(answer[2])}
end
local opened = release()
save()
return {opened and 'open' or 'none', 0}
