-- 32 bits suffice for the masks.
local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
local lshift, rshift = bit.lshift, bit.rshift

local function place(full, taken, left, right)
    if taken == full then return 1 end
    local count = 0
    local free = band(bnot(bor(taken, left, right)), full)
    while free ~= 0 do
        local lowest = band(free, -free)
        free = bxor(free, lowest)
        count = count + place(full, bor(taken, lowest), lshift(bor(left, lowest), 1),
                              rshift(bor(right, lowest), 1))
    end
    return count
end

local n, rounds = tonumber(arg[1]), tonumber(arg[2])
local sum = 0
for i = 0, rounds - 1 do sum = sum + place(lshift(1, n - i % 2) - 1, 0, 0, 0) end
print(sum)
