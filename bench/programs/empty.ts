// Nothing: what the runtime takes to start.
