// The page's side of the worker in which the engine runs.

// A module with one vector instruction (i8x16.splat): invalid where WebAssembly has none.
const WITH_VECTORS = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

// Why this browser cannot run the engine; nothing where it can.
export function unsupported() {
  if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
    return "This browser has no WebAssembly, which the engine is compiled to. Any browser of the last years has it; where it is switched off, the command line does the same.";
  }
  if (!WebAssembly.validate(WITH_VECTORS)) {
    return "This browser's WebAssembly has no vector instructions (SIMD), which the engine computes with. Chrome and Edge have them since version 91, Firefox since 89, Safari since 16.4; the command line does the same.";
  }
  return undefined;
}

export class Engine {
  #worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #next = 0;

  // How many bytes of memory the engine holds.
  used = 0;

  constructor() {
    this.#worker.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.id);
      if (data.progress) {
        waiting.onProgress?.(data.progress);
        return;
      }
      this.#waiting.delete(data.id);
      this.used = data.used ?? this.used;
      if (data.error === undefined) waiting.resolve(data.result);
      else waiting.reject(new Error(data.error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(`the engine could not be loaded: ${event.message ?? "no reason was given"}`);
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
    };
  }

  // Asks for one thing; `stop` is an address that `stoppable` gave.
  ask(call, values = {}, { onProgress, stop } = {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, call, values, stop });
    });
  }
}

// An address that leads somewhere until it is taken back: how a worker that hears nothing is stopped.
export function stoppable() {
  const address = URL.createObjectURL(new Blob(["go on"]));
  return { address, stop: () => URL.revokeObjectURL(address) };
}
