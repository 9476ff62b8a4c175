local function factorial(n)
    if n < 2 then return 1 end
    return n * factorial(n - 1)
end

local n = tonumber(arg[1])
local sum = 0
for i = 0, n - 1 do sum = sum + factorial(3 + i % 8) end
print(string.format("%d", sum))
