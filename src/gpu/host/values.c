/* Values as the language writes them. A type is named by a letter: l is i64, i is i32, d is f64, f
 * is f32; a cell holds a value's bits. */

static double cell_float(char type, rv_u64 cell) {
  if (type == 'd') {
    double value;
    memcpy(&value, &cell, sizeof value);
    return value;
  } else {
    const rv_u32 bits = (rv_u32)cell;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
}

static rv_u64 float_cell(char type, double value) {
  if (type == 'd') {
    rv_u64 cell;
    memcpy(&cell, &value, sizeof cell);
    return cell;
  } else {
    const float narrow = (float)value;
    rv_u32 bits;
    memcpy(&bits, &narrow, sizeof bits);
    return bits;
  }
}

static int reads_back(char type, const char* text, double value) {
  return type == 'd' ? strtod(text, NULL) == value : strtof(text, NULL) == (float)value;
}

/* The shortest digits that read back as `value`, which is finite and above 0, and the exponent of
 * the first. */
static void shortest_digits(char type, double value, char digits[24], int* exponent) {
  int count;
  for (count = 1;; ++count) {
    char text[40];
    unsigned long long all = 0;
    const char* at;
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    *exponent = atoi(strchr(text, 'e') + 1);
    for (at = text; *at != 'e'; ++at) {
      if (*at != '.') all = all * 10 + (unsigned long long)(*at - '0');
    }
    snprintf(digits, 24, "%llu", all);
    if (count >= 17 || reads_back(type, text, value)) break;
    /* Above a power of two there is twice the room: the next digit up may be in it. */
    snprintf(text, sizeof text, "%llue%d", all + 1, *exponent - count + 1);
    if (!reads_back(type, text, value)) continue;
    snprintf(digits, 24, "%llu", all + 1);
    if ((int)strlen(digits) > count) *exponent += 1;
    break;
  }
  for (count = (int)strlen(digits); count > 1 && digits[count - 1] == '0'; --count) {
    digits[count - 1] = '\0';
  }
}

/* With an exponent or without, whichever is shorter. */
static void write_float(char type, rv_u64 cell, char* to) {
  const double value = cell_float(type, cell);
  const rv_u64 sign = type == 'd' ? cell >> 63 : cell >> 31;
  const rv_u64 fraction = type == 'd' ? cell & 0xfffffffffffffu : cell & 0x7fffffu;
  char digits[24];
  int count, exponent, plain, scientific;
  if (sign != 0) *to++ = '-';
  if (value != value) {
    const int quiet = fraction == (type == 'd' ? 0x8000000000000u : 0x400000u);
    sprintf(to, quiet ? "nan" : "nan:0x%llx", (unsigned long long)fraction);
    return;
  }
  if (value - value != 0) {
    strcpy(to, "inf");
    return;
  }
  if (value == 0) {
    strcpy(to, "0.0");
    return;
  }
  shortest_digits(type, sign != 0 ? -value : value, digits, &exponent);
  count = (int)strlen(digits);
  scientific = count + (count > 1) + (exponent > -100 && exponent < 100 ? 4 : 5);
  plain = exponent >= count - 1 ? exponent + 1 : exponent >= 0 ? count + 1 : count + 1 - exponent;
  if (scientific < plain) {
    sprintf(to, "%c%s%se%c%02d", digits[0], count > 1 ? "." : "", digits + 1,
            exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
  } else if (exponent >= count - 1) {
    sprintf(to, "%.0f.0", sign != 0 ? -value : value);
  } else if (exponent >= 0) {
    sprintf(to, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
  } else {
    sprintf(to, "0.%.*s%s", -1 - exponent, "0000000000", digits);
  }
}

/* `to` has room for 400 characters. */
static void write_value(char type, rv_u64 cell, char* to) {
  if (type == 'l') {
    sprintf(to, "%lld", (long long)cell);
  } else if (type == 'i') {
    sprintf(to, "%d", (int)(rv_u32)cell);
  } else {
    write_float(type, cell, to);
  }
}

static int read_count(const char* text, rv_u64* count) {
  char* end;
  if (text[0] < '0' || text[0] > '9') return 0;
  errno = 0;
  *count = strtoull(text, &end, 0);
  return *end == '\0' && errno == 0;
}

/* A literal as a cell of the type; 0 where it is none, or does not fit. */
static int read_value(char type, const char* text, rv_u64* cell) {
  const int negative = text[0] == '-';
  const char* const digits = text + negative;
  char* end;
  if (type == 'l' || type == 'i') {
    const rv_u64 most = type == 'l' ? (rv_u64)1 << 63 : (rv_u64)1 << 31;
    rv_u64 value;
    if (!read_count(digits, &value) || (negative && value > most)) return 0;
    if (type == 'i' && value >= most * 2) return 0;
    *cell = negative ? 0 - value : value;
    if (type == 'i') *cell = (rv_u32)*cell;
    return 1;
  }
  if ((digits[0] < '0' || digits[0] > '9') && strcmp(digits, "inf") != 0 &&
      strcmp(digits, "nan") != 0) {
    return 0;
  }
  if (strcmp(digits, "nan") == 0) {
    *cell = type == 'd' ? (rv_u64)0x7ff8 << 48 : 0x7fc00000u;
    if (negative) *cell |= type == 'd' ? (rv_u64)1 << 63 : (rv_u64)1 << 31;
    return 1;
  }
  *cell = type == 'd' ? float_cell('d', strtod(text, &end)) : float_cell('f', strtof(text, &end));
  return *end == '\0';
}
