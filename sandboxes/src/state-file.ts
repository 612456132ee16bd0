import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Keeps the sandbox's state in a file, which is whole at any time; nowhere without one. */
export class StateFile {
  readonly #file: string | undefined;
  readonly #state: () => unknown;
  #last = '';
  #next: Promise<void> | undefined;
  #now: Promise<void> = Promise.resolve();

  constructor(file: string | undefined, state: () => unknown) {
    this.#file = file;
    this.#state = state;
  }

  /** What a file of this vendor's sandbox holds; undefined: there is none yet. Throws for one that holds something else. */
  static async read<T>(
    file: string,
    vendor: string,
    isState: (kept: unknown) => kept is T,
  ): Promise<T | undefined> {
    try {
      const kept: unknown = JSON.parse(await readFile(file, 'utf8'));
      if (isState(kept)) return kept;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    }
    throw new Error(`${file} can't be read: remove it to begin with an empty sandbox of ${vendor}.`);
  }

  /** Resolves when everything that happened before the call is kept; calls that come meanwhile share one writing. */
  keep(): Promise<void> {
    this.#next ??= this.#now
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        this.#now = this.#write();
        return this.#now;
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    if (this.#file === undefined) return;
    const text = JSON.stringify(this.#state());
    if (text === this.#last) return;
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    // A file may hold a secret, as that of the webhook endpoint.
    await writeFile(`${this.#file}.new`, text, { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
    this.#last = text;
  }
}
