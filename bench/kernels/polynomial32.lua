-- Lua has no single precision; string.pack, the only way to round to it, is slow.
local pack, unpack = string.pack, string.unpack

local function round(x)
    return (unpack("f", pack("f", x)))
end

-- The shortest digits that read back the same, as most languages print a number.
local function shortest(x)
    for digits = 15, 17 do
        local text = string.format("%." .. digits .. "g", x)
        if tonumber(text) == x then return text end
    end
end

local function p(x)
    local y = round(round(2.0 * x) - 1.5)
    y = round(round(y * x) - 1.0)
    return round(round(y * x) + 0.5)
end

local steps, n = tonumber(arg[1]), tonumber(arg[2])
local dx, x, sum = round(1.0 / steps), -1.0, 0.0
for _ = 1, n do
    sum = round(sum + p(x))
    x = round(x + dx)
    if x > 1.0 then x = round(x - 2.0) end
end
print(shortest(sum))
