import { test } from 'vitest';
import { crashProduct } from 'plinth/testing';

test('a killed server loses nothing of Reel', { timeout: 600_000 }, () => crashProduct('reel'));
