local function place(full, taken, left, right)
    if taken == full then return 1 end
    local count = 0
    local free = ~(taken | left | right) & full
    while free ~= 0 do
        local bit = free & -free
        free = free ~ bit
        count = count + place(full, taken | bit, (left | bit) << 1, (right | bit) >> 1)
    end
    return count
end

local n, rounds = tonumber(arg[1]), tonumber(arg[2])
local sum = 0
for i = 0, rounds - 1 do sum = sum + place((1 << (n - i % 2)) - 1, 0, 0, 0) end
print(sum)
