import type { Queue } from '#platform/queue';
import { createEraser, type Eraser, type EraserParts } from './eraser.ts';
import { exportHandler, type ExportingParts } from './export-handler.ts';
import { createExports, type Exports } from './exports.ts';
import {
  createOperatorExports,
  type OperatorExports,
  type OperatorExportsParts,
} from './operator-exports.ts';

export interface ErasureParts extends EraserParts, ExportingParts, OperatorExportsParts {
  readonly jobs: Pick<Queue, 'enqueueing' | 'wake' | 'handle'>;
}

/** The end of what is kept of people and accounts, and copies of it for them (docs/erasure.md). */
export interface Erasure {
  readonly eraser: Eraser;
  readonly exports: Exports;
  readonly operatorExports: OperatorExports;
}

/** Erasure over the rules that all modules give of their tables. */
export function createErasure(parts: ErasureParts): Erasure {
  parts.jobs.handle(exportHandler(parts));
  return {
    eraser: createEraser(parts),
    exports: createExports(parts),
    operatorExports: createOperatorExports(parts),
  };
}
