"""The young person's side: channels, the turn, the dialogue, the road out."""
