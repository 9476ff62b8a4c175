#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// The shortest digits that read back the same, as most languages print a number.
static void print_double(double x) {
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    puts(text);
}

// The time step, 0.01 years, over the cube of the distance.
static double pull(double dx, double dy, double dz) {
    double square = dx * dx + dy * dy + dz * dz;
    return 0.01 / (square * sqrt(square));
}

static double motion(double mass, double vx, double vy, double vz) {
    return 0.5 * mass * (vx * vx + vy * vy + vz * vz);
}

static double distance(double dx, double dy, double dz) {
    return sqrt(dx * dx + dy * dy + dz * dz);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int64_t n = atoll(argv[1]);

    // Masses in units that make the constant of gravity 1; positions; velocities a year.
    const double sun_mass = 39.47841760435743;
    const double jup_mass = 0.000954791938424326609 * sun_mass;
    const double sat_mass = 0.000285885980666130812 * sun_mass;
    double jup_x = 4.84143144246472090;
    double jup_y = -1.16032004402742839;
    double jup_z = -0.103622044471123109;
    double jup_vx = 0.00166007664274403694 * 365.24;
    double jup_vy = 0.00769901118419740425 * 365.24;
    double jup_vz = -0.0000690460016972063023 * 365.24;
    double sat_x = 8.34336671824457987;
    double sat_y = 4.12479856412430479;
    double sat_z = -0.403523417114321381;
    double sat_vx = -0.00276742510726411164 * 365.24;
    double sat_vy = 0.00499852801234917238 * 365.24;
    double sat_vz = 0.0000230417297573763929 * 365.24;
    // The sun moves so that the whole does not.
    double sun_x = 0.0, sun_y = 0.0, sun_z = 0.0;
    double sun_vx = -(jup_vx * jup_mass + sat_vx * sat_mass) / sun_mass;
    double sun_vy = -(jup_vy * jup_mass + sat_vy * sat_mass) / sun_mass;
    double sun_vz = -(jup_vz * jup_mass + sat_vz * sat_mass) / sun_mass;

    for (int64_t i = 0; i < n; i++) {
        double dx, dy, dz, mag, force;
        dx = sun_x - jup_x;
        dy = sun_y - jup_y;
        dz = sun_z - jup_z;
        mag = pull(dx, dy, dz);
        force = mag * jup_mass;
        sun_vx -= dx * force;
        sun_vy -= dy * force;
        sun_vz -= dz * force;
        force = mag * sun_mass;
        jup_vx += dx * force;
        jup_vy += dy * force;
        jup_vz += dz * force;
        dx = sun_x - sat_x;
        dy = sun_y - sat_y;
        dz = sun_z - sat_z;
        mag = pull(dx, dy, dz);
        force = mag * sat_mass;
        sun_vx -= dx * force;
        sun_vy -= dy * force;
        sun_vz -= dz * force;
        force = mag * sun_mass;
        sat_vx += dx * force;
        sat_vy += dy * force;
        sat_vz += dz * force;
        dx = jup_x - sat_x;
        dy = jup_y - sat_y;
        dz = jup_z - sat_z;
        mag = pull(dx, dy, dz);
        force = mag * sat_mass;
        jup_vx -= dx * force;
        jup_vy -= dy * force;
        jup_vz -= dz * force;
        force = mag * jup_mass;
        sat_vx += dx * force;
        sat_vy += dy * force;
        sat_vz += dz * force;
        sun_x += 0.01 * sun_vx;
        sun_y += 0.01 * sun_vy;
        sun_z += 0.01 * sun_vz;
        jup_x += 0.01 * jup_vx;
        jup_y += 0.01 * jup_vy;
        jup_z += 0.01 * jup_vz;
        sat_x += 0.01 * sat_vx;
        sat_y += 0.01 * sat_vy;
        sat_z += 0.01 * sat_vz;
    }

    double energy = motion(sun_mass, sun_vx, sun_vy, sun_vz) +
                    motion(jup_mass, jup_vx, jup_vy, jup_vz) +
                    motion(sat_mass, sat_vx, sat_vy, sat_vz);
    energy -= sun_mass * jup_mass / distance(sun_x - jup_x, sun_y - jup_y, sun_z - jup_z);
    energy -= sun_mass * sat_mass / distance(sun_x - sat_x, sun_y - sat_y, sun_z - sat_z);
    energy -= jup_mass * sat_mass / distance(jup_x - sat_x, jup_y - sat_y, jup_z - sat_z);
    print_double(energy);
}
