// Pieces of work on several threads, in three stages.
//
// oneTBB's pipeline does this, too, and was tried: it ends the process where it cannot make one of
// its workers (in 30 of 156 runs with limits on address space), and loading it takes a process
// 1.4 ms. What it has beyond this, stealing and nesting of work, chunks of a job do not need.
#pragma once

namespace rosetta::par {

// Three stages that a piece goes through. They throw nothing: what goes wrong is theirs to keep.
class Pipeline {
 public:
  virtual ~Pipeline() = default;
  // The next piece; null: there is none any more. Called by one thread at a time.
  virtual void* next() noexcept = 0;
  // Called for many pieces at once, in any order.
  virtual void work(void* piece) noexcept = 0;
  // Called by one thread at a time, in the order in which next() gave the pieces.
  virtual void finish(void* piece) noexcept = 0;
};

// Takes all pieces through the pipeline on up to `threads` threads, the calling one among them: on
// fewer where the system does not give so many. At most `waiting` pieces are between next() and
// finish().
void run(Pipeline& pipeline, unsigned threads, unsigned waiting);

}  // namespace rosetta::par
