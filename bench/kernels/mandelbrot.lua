local function rounds(cx, cy, limit)
    local x, y, count = 0.0, 0.0, 0
    while true do
        local xx, yy = x * x, y * y
        if xx + yy > 4.0 or count >= limit then return count end
        y = x * y * 2.0 + cy
        x = xx - yy + cx
        count = count + 1
    end
end

local width, height, limit = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3])
local dx, dy = 3.0 / width, 3.0 / height
local sum = 0
for i = 0, height - 1 do
    for j = 0, width - 1 do sum = sum + rounds(j * dx - 2.0, i * dy - 1.5, limit) end
end
print(sum)
