/** Style sheets are imported for their effect; the bundler turns them into files of our own. */
declare module '*.css';
