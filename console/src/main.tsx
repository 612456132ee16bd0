import './arrival.ts';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { firstLanguage, loadLanguage } from './text/index.ts';

const place = document.getElementById('console');
const draw = () => place !== null && createRoot(place).render(<App />);
// Without the texts of its language it is in English.
void loadLanguage(firstLanguage()).then(draw, draw);
