local sqrt = math.sqrt

-- The shortest digits that read back the same, as most languages print a number.
local function shortest(x)
    for digits = 15, 17 do
        local text = string.format("%." .. digits .. "g", x)
        if tonumber(text) == x then return text end
    end
end

-- The time step, 0.01 years, over the cube of the distance.
local function pull(dx, dy, dz)
    local square = dx * dx + dy * dy + dz * dz
    return 0.01 / (square * sqrt(square))
end

local function motion(mass, vx, vy, vz)
    return 0.5 * mass * (vx * vx + vy * vy + vz * vz)
end

local function distance(dx, dy, dz)
    return sqrt(dx * dx + dy * dy + dz * dz)
end

local n = tonumber(arg[1])

-- Masses in units that make the constant of gravity 1; positions; velocities a year.
local sun_mass = 39.47841760435743
local jup_mass = 0.000954791938424326609 * sun_mass
local sat_mass = 0.000285885980666130812 * sun_mass
local jup_x = 4.84143144246472090
local jup_y = -1.16032004402742839
local jup_z = -0.103622044471123109
local jup_vx = 0.00166007664274403694 * 365.24
local jup_vy = 0.00769901118419740425 * 365.24
local jup_vz = -0.0000690460016972063023 * 365.24
local sat_x = 8.34336671824457987
local sat_y = 4.12479856412430479
local sat_z = -0.403523417114321381
local sat_vx = -0.00276742510726411164 * 365.24
local sat_vy = 0.00499852801234917238 * 365.24
local sat_vz = 0.0000230417297573763929 * 365.24
-- The sun moves so that the whole does not.
local sun_x, sun_y, sun_z = 0.0, 0.0, 0.0
local sun_vx = -(jup_vx * jup_mass + sat_vx * sat_mass) / sun_mass
local sun_vy = -(jup_vy * jup_mass + sat_vy * sat_mass) / sun_mass
local sun_vz = -(jup_vz * jup_mass + sat_vz * sat_mass) / sun_mass

for _ = 1, n do
    local dx, dy, dz, mag, force
    dx = sun_x - jup_x
    dy = sun_y - jup_y
    dz = sun_z - jup_z
    mag = pull(dx, dy, dz)
    force = mag * jup_mass
    sun_vx = sun_vx - dx * force
    sun_vy = sun_vy - dy * force
    sun_vz = sun_vz - dz * force
    force = mag * sun_mass
    jup_vx = jup_vx + dx * force
    jup_vy = jup_vy + dy * force
    jup_vz = jup_vz + dz * force
    dx = sun_x - sat_x
    dy = sun_y - sat_y
    dz = sun_z - sat_z
    mag = pull(dx, dy, dz)
    force = mag * sat_mass
    sun_vx = sun_vx - dx * force
    sun_vy = sun_vy - dy * force
    sun_vz = sun_vz - dz * force
    force = mag * sun_mass
    sat_vx = sat_vx + dx * force
    sat_vy = sat_vy + dy * force
    sat_vz = sat_vz + dz * force
    dx = jup_x - sat_x
    dy = jup_y - sat_y
    dz = jup_z - sat_z
    mag = pull(dx, dy, dz)
    force = mag * sat_mass
    jup_vx = jup_vx - dx * force
    jup_vy = jup_vy - dy * force
    jup_vz = jup_vz - dz * force
    force = mag * jup_mass
    sat_vx = sat_vx + dx * force
    sat_vy = sat_vy + dy * force
    sat_vz = sat_vz + dz * force
    sun_x = sun_x + 0.01 * sun_vx
    sun_y = sun_y + 0.01 * sun_vy
    sun_z = sun_z + 0.01 * sun_vz
    jup_x = jup_x + 0.01 * jup_vx
    jup_y = jup_y + 0.01 * jup_vy
    jup_z = jup_z + 0.01 * jup_vz
    sat_x = sat_x + 0.01 * sat_vx
    sat_y = sat_y + 0.01 * sat_vy
    sat_z = sat_z + 0.01 * sat_vz
end

local energy = motion(sun_mass, sun_vx, sun_vy, sun_vz) + motion(jup_mass, jup_vx, jup_vy, jup_vz)
    + motion(sat_mass, sat_vx, sat_vy, sat_vz)
energy = energy - sun_mass * jup_mass / distance(sun_x - jup_x, sun_y - jup_y, sun_z - jup_z)
energy = energy - sun_mass * sat_mass / distance(sun_x - sat_x, sun_y - sat_y, sun_z - sat_z)
energy = energy - jup_mass * sat_mass / distance(jup_x - sat_x, jup_y - sat_y, jup_z - sat_z)
print(shortest(energy))
