import { test } from 'vitest';
import { walkProduct } from 'plinth/testing';

test('the walls of Reel hold', { timeout: 600_000 }, () => walkProduct('reel'));
