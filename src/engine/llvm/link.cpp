// JITLink lays an object's sections out and resolves the references between them, as it would for
// memory of this process; here for an image that may lie anywhere.
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/ExecutionEngine/JITLink/ELF.h>
#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/Object/ObjectFile.h>

#include <algorithm>
#include <cstring>

#include "engine/llvm/backend.h"
#include "engine/llvm/emit.h"
#include "engine/llvm/module.h"

namespace rosetta::llvm_engine {
namespace {

namespace jitlink = llvm::jitlink;
namespace orc = llvm::orc;
using llvm::BitmaskEnumDetail::operator|;

// Where the image lies while it is linked. All references within it are relative.
constexpr std::uint64_t kBase = 0x1'0000'0000;

class Linking final : public jitlink::JITLinkContext, private jitlink::JITLinkMemoryManager {
 public:
  Linking(const llvm::Module& module, native::Image& image, bool lines, std::string& wrong)
      : JITLinkContext(nullptr), module_(module), image_(image), lines_(lines), wrong_(wrong) {}

 private:
  class Memory final : public InFlightAlloc {
   public:
    void abandon(OnAbandonedFunction done) override { done(llvm::Error::success()); }
    void finalize(OnFinalizedFunction done) override {
      done(FinalizedAlloc(orc::ExecutorAddr(kBase)));
    }
  };

  // The image is two segments: code, and constants on the next page.
  void allocate(const jitlink::JITLinkDylib*, jitlink::LinkGraph& graph,
                OnAllocatedFunction done) override {
    jitlink::BasicLayout layout(graph);
    const auto place = [&](auto& segment, std::vector<std::byte>& bytes, std::uint64_t address) {
      bytes.resize(segment.ContentSize + segment.ZeroFillSize);
      segment.WorkingMem = reinterpret_cast<char*>(bytes.data());
      segment.Addr = orc::ExecutorAddr(address);
    };
    const auto is_code = [](orc::AllocGroup group) {
      return group.getMemProt() == (orc::MemProt::Read | orc::MemProt::Exec);
    };
    for (auto& [group, segment] : layout.segments()) {
      if (is_code(group)) place(segment, image_.text, kBase);
    }
    const std::uint64_t behind = kBase + llvm::alignTo(image_.text.size(), native::Image::kPage);
    for (auto& [group, segment] : layout.segments()) {
      if (is_code(group)) continue;
      if (group.getMemProt() != orc::MemProt::Read || !image_.data.empty()) {
        return done(llvm::createStringError("compiled code has other memory than constants"));
      }
      place(segment, image_.data, behind);
    }
    if (llvm::Error error = layout.apply()) return done(std::move(error));
    done(std::make_unique<Memory>());
  }
  void deallocate(std::vector<FinalizedAlloc> memory, OnDeallocatedFunction done) override {
    for (FinalizedAlloc& each : memory) each.release();
    done(llvm::Error::success());
  }

  JITLinkMemoryManager& getMemoryManager() override { return *this; }
  void notifyFailed(llvm::Error error) override { wrong_ = llvm::toString(std::move(error)); }
  void lookup(const LookupMap& symbols,
              std::unique_ptr<jitlink::JITLinkAsyncLookupContinuation> done) override {
    std::string names;
    for (const auto& [name, flags] : symbols) names += " " + name.str();
    done->run(llvm::createStringError("compiled code needs" + names));
  }
  llvm::Error notifyResolved(jitlink::LinkGraph& graph) override {
    for (const jitlink::Symbol* const symbol : graph.defined_symbols()) {
      if (!symbol->isCallable() || !symbol->hasName()) continue;
      const auto offset = static_cast<std::uint32_t>(symbol->getAddress().getValue() - kBase);
      if (symbol->getName() == kStart) image_.start = offset;
      const llvm::Function* const function = module_.getFunction(symbol->getName());
      if (function == nullptr) continue;
      std::uint32_t number = 0;
      if (function->getFnAttribute(kNumber).getValueAsString().getAsInteger(10, number)) continue;
      image_.parts.push_back({offset, static_cast<std::uint32_t>(symbol->getSize()), number});
    }
    std::ranges::sort(image_.parts, {}, &native::Image::Part::offset);
    if (!lines_) return llvm::Error::success();
    for (const jitlink::Section& section : graph.sections()) {
      const jitlink::SectionRange range(section);
      if (section.getMemLifetime() == orc::MemLifetime::Standard && !range.empty()) {
        image_.sections.push_back({section.getName().str(), range.getStart().getValue() - kBase});
      }
    }
    return llvm::Error::success();
  }
  void notifyFinalized(FinalizedAlloc memory) override { memory.release(); }
  llvm::Error modifyPassConfig(jitlink::LinkGraph&, jitlink::PassConfiguration& passes) override {
    passes.PrePrunePasses.clear();
    passes.PrePrunePasses.emplace_back(jitlink::markAllSymbolsLive);
    return llvm::Error::success();
  }

  const llvm::Module& module_;
  native::Image& image_;
  bool lines_;
  std::string& wrong_;
};

// The object has one section of code, which begins where the image's text does.
void read_lines(const std::string& object, native::Image& image) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, ""));
  if (!file) return llvm::consumeError(file.takeError());
  const auto debug = llvm::DWARFContext::create(**file);
  for (const auto& unit : debug->compile_units()) {
    const auto* const table = debug->getLineTableForUnit(unit.get());
    if (table == nullptr) continue;
    for (const auto& row : table->Rows) {
      if (row.EndSequence || row.Line == 0) continue;
      image.lines.push_back({static_cast<std::uint32_t>(row.Address.Address), row.Line});
    }
  }
}

}  // namespace

Result<native::Image> link_image(const std::string& object, const llvm::Module& module,
                                 bool lines) {
  native::Image image;
  auto graph =
      jitlink::createLinkGraphFromELFObject(llvm::MemoryBufferRef(object, "compiled code"));
  if (!graph) {
    return std::unexpected(Error{Fault::Machine, "LLVM: " + llvm::toString(graph.takeError())});
  }
  std::string wrong;
  jitlink::link(std::move(*graph), std::make_unique<Linking>(module, image, lines, wrong));
  if (!wrong.empty()) return std::unexpected(Error{Fault::Machine, "LLVM: " + wrong});
  if (lines) {
    image.object.resize(object.size());
    std::memcpy(image.object.data(), object.data(), object.size());
    read_lines(object, image);
  }
  return image;
}

}  // namespace rosetta::llvm_engine
