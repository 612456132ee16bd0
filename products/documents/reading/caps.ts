const MEBIBYTE = 1_048_576;

/** How much of a document is read, and what reading may take. A process that passes one of the last three is killed. */
export interface ReadingCaps {
  readonly pages: number;
  /** Characters of all pages together, and of one. */
  readonly characters: number;
  readonly pageCharacters: number;
  /** For a file that is a ZIP: its entries, the bytes of one when inflated, and of all. */
  readonly entries: number;
  readonly entryBytes: number;
  readonly inflatedBytes: number;
  /** Pixels of an image. */
  readonly pixels: number;
  /** Pages of one document that are read by OCR. */
  readonly ocrPages: number;
  /** MiB of JavaScript objects. */
  readonly heapMegabytes: number;
  /** MiB of everything; four times the file's size come on top. */
  readonly memoryMegabytes: number;
  /** Until a process and its libraries have begun, on a slow machine; on top of the next two. */
  readonly beginMilliseconds: number;
  readonly readMilliseconds: number;
  /** Milliseconds of OCR, for each page. */
  readonly ocrPageMilliseconds: number;
  /** Milliseconds of processor time: for any file, on top for each MiB of it, and the most for both. */
  readonly cpuMilliseconds: number;
  readonly cpuMillisecondsPerMebibyte: number;
  readonly cpuMostMilliseconds: number;
  /** Milliseconds of processor time for OCR of a page, and the fewest bytes that a file takes for a page with letters on it. */
  readonly ocrPageCpuMilliseconds: number;
  readonly ocrPageBytes: number;
}

/**
 * Measured with the readers that there are: a PDF of 2,000 pages of text takes about 20 s and 500 MB; a scanned page of A4
 * 2 to 5 s and 350 MB, of which the engine and its language are 200.
 */
export const READING_CAPS: ReadingCaps = {
  pages: 2_000,
  characters: 10_000_000,
  pageCharacters: 1_000_000,
  entries: 5_000,
  entryBytes: 64 * MEBIBYTE,
  inflatedBytes: 256 * MEBIBYTE,
  pixels: 60_000_000,
  ocrPages: 200,
  heapMegabytes: 768,
  memoryMegabytes: 1_024,
  beginMilliseconds: 20_000,
  readMilliseconds: 120_000,
  ocrPageMilliseconds: 60_000,
  cpuMilliseconds: 10_000,
  cpuMillisecondsPerMebibyte: 60_000,
  cpuMostMilliseconds: 60_000,
  ocrPageCpuMilliseconds: 20_000,
  ocrPageBytes: 4_096,
};

/** Milliseconds of processor time by a file's size: who sends little gets little, however much is packed into it. */
export function sizedTime(caps: ReadingCaps, bytes: number): number {
  const sized = caps.cpuMilliseconds + (bytes / MEBIBYTE) * caps.cpuMillisecondsPerMebibyte;
  return Math.min(sized, caps.cpuMostMilliseconds);
}
