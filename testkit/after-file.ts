import { afterAll } from 'vitest';
import { closeAll } from './closing.ts';

// Vitest runs this file anew before each test file, and keeps what it imports.
afterAll(closeAll);
