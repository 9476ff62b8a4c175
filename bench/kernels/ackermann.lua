local function ackermann(m, n)
    if m == 0 then return n + 1 end
    if n == 0 then return ackermann(m - 1, 1) end
    return ackermann(m - 1, ackermann(m, n - 1))
end

local m, n, rounds = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3])
local sum = 0
for i = 0, rounds - 1 do sum = sum + ackermann(m, n - i % 2) end
print(sum)
