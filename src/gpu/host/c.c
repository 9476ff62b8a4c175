/* The device is this processor, one lane of it. */

#define RV_DEVICE_NAME "this processor"
#define RV_GROUP 1
#define RV_BATCH ((rv_u64)1 << 16)
#define RV_CELLS 65536 /* of the stack, at first */

static void device_open(const Options* options, Device* device) {
  (void)options;
  device->lanes = 1;
  device->memory = (rv_u64)-1 >> 1;
}

static void* device_allocate(rv_u64 bytes) {
  return bytes == (size_t)bytes ? malloc((size_t)bytes) : NULL;
}
static void device_free(void* memory) { free(memory); }
static void device_write(void* to, const void* from, rv_u64 bytes) {
  memcpy(to, from, (size_t)bytes);
}
static void device_read(void* to, const void* from, rv_u64 bytes) {
  memcpy(to, from, (size_t)bytes);
}

static void device_launch(const Batch* batch, const Launch* launch) {
  rosettavm_tasks(launch->count, batch->first, batch->tasks, launch->picks, batch->arguments,
                  batch->results, batch->statuses, batch->totals, launch->arena, launch->cells,
                  launch->depth, launch->fuel);
}
