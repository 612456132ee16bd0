import { test } from 'vitest';
import { crashProduct } from 'plinth/testing';

test('a killed server loses nothing of Prism', { timeout: 600_000 }, () => crashProduct('prism'));
