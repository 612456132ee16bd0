export { LinesRefused } from './lines.ts';
export type { ReaderTools, ReaderWorker } from './process/read-file.ts';
export type { Zip, ZipRefusal } from './process/zip.ts';
export type { ZipEntry } from './process/zip-entries.ts';
export { type FileReading, type FileReadingEnd, readInProcess } from './read-in-process.ts';
export type { After, ReaderProgram } from './reader-process.ts';
export { createClamd, type Scanner, type Verdict } from './scanner.ts';
