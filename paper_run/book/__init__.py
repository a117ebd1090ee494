"""The book: our positions and P&L from our own fills alone; pure, without files, services or a clock."""
