/** What was probably meant, for the command line, which may not look into the room that finds it. */
export { didYouMean } from "../site/spelling.ts";
