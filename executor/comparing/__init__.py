"""What two plans do differently: commands, hosts and rules, not lines of text."""
