local state, n = tonumber(arg[1]), tonumber(arg[2])
for _ = 1, n do
    state = state ~ (state << 13)
    state = state ~ (state >> 7)
    state = state ~ (state << 17)
end
print(state)
