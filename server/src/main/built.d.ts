/** Contents of `dist/built.json`. */
export interface Manifest {
  readonly entry: string | undefined;
  /** All that was written, and how many bytes each has. */
  readonly files: Readonly<Record<string, number>>;
  /** Digest of what the sources said when they were read. */
  readonly digest: string;
  readonly sources: readonly string[];
  /** When each source was written, as the digest's texts were read; null: while it was built, or just before. */
  readonly times: readonly (number | null)[];
}

export const FOLDER: string;
export const MANIFEST: string;
export function builtProgram(): string | undefined;
export function packagedProgram(): { readonly program?: string; readonly torn?: string };
/** Throws where there is none. */
export function readManifest(): Manifest;
export function digestOf(sources: readonly string[], read?: (path: string) => string | Uint8Array): string;
export function writtenAt(path: string): number;
export function tellSources(): void;
