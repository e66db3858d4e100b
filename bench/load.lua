-- For wrk: send random requests of a file (arguments: file, seed), and print what came of it as one line of JSON.
local requests, threads, sent = {}, {}, 0
bad = 0

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    table.insert(requests, file:read(length))
  end
  file:close()
  prefix = arguments[2] .. "-"
  math.randomseed(tonumber(arguments[2]))
  keyed = requests[1]:find("{key}", 1, true) ~= nil
  if requests[1]:find("/api/v1/events ", 1, true) then response = look_for_problems end
end

function request()
  local chosen = requests[math.random(#requests)]
  if not keyed then return chosen end
  sent = sent + 1
  return (chosen:gsub("{key}", prefix .. sent, 1))
end

-- A batch is answered with 200 whatever became of its attempts. Only there every answer is looked at: it costs.
function look_for_problems(status, headers, body)
  if body:find('"problem"', 1, true) then bad = bad + 1 end
end

function done(summary, latency)
  local errors = summary.errors
  local count = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  for _, thread in ipairs(threads) do count = count + thread:get("bad") end
  print(string.format('{"requests": %d, "bad": %d, "seconds": %f, "p50": %f, "p99": %f}', summary.requests, count,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
