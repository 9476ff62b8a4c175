-- 32 bits in the lower half of a 64-bit integer.
local function rotl(x, count)
    return (x << count | x >> (32 - count)) & 0xffffffff
end

local hash, n = tonumber(arg[1]) & 0xffffffff, tonumber(arg[2])
for i = 0, n - 1 do
    hash = hash ~ (rotl(i * 0xcc9e2d51 & 0xffffffff, 15) * 0x1b873593 & 0xffffffff)
    hash = (rotl(hash, 13) * 5 + 0xe6546b64) & 0xffffffff
end
print((hash ~ 0x80000000) - 0x80000000)
