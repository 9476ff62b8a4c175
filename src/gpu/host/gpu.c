/* The device is a GPU: CUDA's runtime, or HIP's, which differs in its names alone. */

#if defined(__HIP__)
#define RV_GPU(name) hip##name
typedef hipDeviceProp_t GpuProperties;
typedef hipError_t GpuError;
#else
#define RV_GPU(name) cuda##name
typedef cudaDeviceProp GpuProperties;
typedef cudaError_t GpuError;
#endif
#define RV_DEVICE_NAME "the device"
#define RV_GROUP 256 /* threads of a block */
#define RV_BATCH ((rv_u64)1 << 22)
#define RV_CELLS 256 /* of each stack, at first */

static void gpu_check(GpuError error, const char* what) {
  if (error == RV_GPU(Success)) return;
  fprintf(stderr, "%s: %s: %s\n", program_name, what, RV_GPU(GetErrorString)(error));
  exit(4);
}

static void device_open(const Options* options, Device* device) {
  GpuProperties properties;
  size_t available, all;
  int count = 0;
  const GpuError found = RV_GPU(GetDeviceCount)(&count);
  if (found != RV_GPU(Success) || count == 0) {
    fprintf(stderr, "%s: no device was found: %s\n", program_name,
            found == RV_GPU(Success) ? "the driver knows none" : RV_GPU(GetErrorString)(found));
    exit(4);
  }
  if (options->device >= (rv_u64)count) {
    fprintf(stderr, "%s: there is no device %llu: they are numbered from 0 to %d\n", program_name,
            (unsigned long long)options->device, count - 1);
    exit(2);
  }
  gpu_check(RV_GPU(SetDevice)((int)options->device), "cannot use the device");
  gpu_check(RV_GPU(GetDeviceProperties)(&properties, (int)options->device),
            "cannot ask the device what it is");
  gpu_check(RV_GPU(MemGetInfo)(&available, &all), "cannot ask for the device's memory");
  device->lanes = (rv_u32)properties.multiProcessorCount *
                  (rv_u32)properties.maxThreadsPerMultiProcessor / RV_GROUP * RV_GROUP;
  device->memory = available;
#ifdef RV_NATIVE_RECURSION
  gpu_check(RV_GPU(DeviceSetLimit)(RV_GPU(LimitStackSize), (size_t)options->stack_bytes),
            "cannot have so large a stack (--stack-bytes)");
#endif
}

static void* device_allocate(rv_u64 bytes) {
  void* memory = NULL;
  const GpuError error = RV_GPU(Malloc)(&memory, (size_t)bytes);
  if (error == RV_GPU(ErrorMemoryAllocation)) {
    (void)RV_GPU(GetLastError)();
    return NULL;
  }
  gpu_check(error, "cannot get memory on the device");
  return memory;
}
static void device_free(void* memory) { gpu_check(RV_GPU(Free)(memory), "cannot free memory"); }
static void device_write(void* to, const void* from, rv_u64 bytes) {
  gpu_check(RV_GPU(Memcpy)(to, from, (size_t)bytes, RV_GPU(MemcpyHostToDevice)),
            "cannot copy to the device");
}
static void device_read(void* to, const void* from, rv_u64 bytes) {
  gpu_check(RV_GPU(Memcpy)(to, from, (size_t)bytes, RV_GPU(MemcpyDeviceToHost)),
            "cannot copy from the device");
}

static void device_launch(const Batch* batch, const Launch* launch) {
  Batch b = *batch;
  Launch l = *launch;
  void* parameters[] = {&l.count,    &b.first,  &b.tasks, &l.picks, &b.arguments, &b.results,
                        &b.statuses, &b.totals, &l.arena, &l.cells, &l.depth,     &l.fuel};
  const rv_u32 group = l.lanes < RV_GROUP ? l.lanes : RV_GROUP;
  gpu_check(RV_GPU(LaunchKernel)((const void*)rosettavm_tasks, dim3(l.lanes / group), dim3(group),
                                 parameters, 0, 0),
            "cannot launch the kernel");
  gpu_check(RV_GPU(DeviceSynchronize)(), "the kernel failed");
}
