import { lockDown } from './lock-down.ts';

lockDown();

// After the lock-down: what is loaded from here on finds nothing to call.
const { readDocument } = await import('./read-document.ts');
await readDocument(process.argv[2] ?? '');
process.exit(0);
