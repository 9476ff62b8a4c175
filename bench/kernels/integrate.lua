-- The shortest digits that read back the same, as most languages print a number.
local function shortest(x)
    for digits = 15, 17 do
        local text = string.format("%." .. digits .. "g", x)
        if tonumber(text) == x then return text end
    end
end

local function f(x)
    return 4.0 / (1.0 + x * x)
end

local n = tonumber(arg[1])
local width, sum = 1.0 / n, 0.0
for i = 0, n - 1 do sum = sum + f((i + 0.5) * width) end
print(shortest(sum * width))
