local state, n = tonumber(arg[1]), tonumber(arg[2])

local function unit()
    state = state ~ (state << 13)
    state = state ~ (state >> 7)
    state = state ~ (state << 17)
    return (state >> 11) * 0x1p-53
end

local inside = 0
for _ = 1, n do
    local x = unit()
    local y = unit()
    if x * x + y * y < 1.0 then inside = inside + 1 end
end
print(inside)
