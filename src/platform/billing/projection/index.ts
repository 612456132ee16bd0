export { createFolding, type Folding, type FoldingParts } from './projection.ts';
