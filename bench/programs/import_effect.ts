// Import Effect, and end.
import { peer } from "../peers/npm.ts";

await peer("effect");
