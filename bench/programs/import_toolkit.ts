// Import the toolkit, and end.
import "../../mod.ts";
