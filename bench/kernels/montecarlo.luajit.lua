-- 64 bits as two halves of 32. A C integer (`42LL`) is the short way: about as fast when compiled,
-- but many times slower when interpreted, since each result is then an object of its own.
local bor, bxor, lshift, rshift = bit.bor, bit.bxor, bit.lshift, bit.rshift

local seed, n = tonumber(arg[1]), tonumber(arg[2])
local hi, lo = bit.tobit(math.floor(seed / 2 ^ 32)), bit.tobit(seed)

local function unit()
    hi = bxor(hi, bor(lshift(hi, 13), rshift(lo, 19)))
    lo = bxor(lo, lshift(lo, 13))
    lo = bxor(lo, bor(rshift(lo, 7), lshift(hi, 25)))
    hi = bxor(hi, rshift(hi, 7))
    hi = bxor(hi, bor(lshift(hi, 17), rshift(lo, 15)))
    lo = bxor(lo, lshift(lo, 17))
    return (hi % 0x100000000 * 0x1p21 + rshift(lo, 11)) * 0x1p-53
end

local inside = 0
for _ = 1, n do
    local x = unit()
    local y = unit()
    if x * x + y * y < 1.0 then inside = inside + 1 end
end
print(inside)
