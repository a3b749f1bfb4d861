/** Puts the page into the document. */
import 'leaflet/dist/leaflet.css';
import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/header.css';
import './style/columns.css';
import './style/side.css';
import './style/work.css';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
