-- Products of 32 bits do not fit a double: the bits above 16 are multiplied by themselves.
local band, bxor, rol, tobit = bit.band, bit.bxor, bit.rol, bit.tobit
local lshift, rshift = bit.lshift, bit.rshift

local function mul(a, b)
    return tobit(band(a, 0xffff) * b + lshift(rshift(a, 16) * band(b, 0xffff), 16))
end

local hash, n = tobit(tonumber(arg[1])), tonumber(arg[2])
for i = 0, n - 1 do
    hash = bxor(hash, mul(rol(mul(i, 0xcc9e2d51), 15), 0x1b873593))
    hash = tobit(rol(hash, 13) * 5 + 0xe6546b64)
end
print(hash)
