-- Numbers are doubles here, and some exceed 32 bits: `%` and `/`, which are exact, not bit.band.
local function steps(n)
    local count = 0
    while n > 1 do
        if n % 2 == 1 then n = 3 * n + 1 else n = n / 2 end
        count = count + 1
    end
    return count
end

local sum = 0
for n = 1, tonumber(arg[1]) do sum = sum + steps(n) end
print(sum)
