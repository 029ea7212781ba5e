// A counter that blinks three lamps.
module blink(input clk, output reg [2:0] lamp);
  reg [21:0] counter = 0;
  always @(posedge clk) begin
    counter <= counter + 1;
    lamp <= counter[21:19] ^ {counter[0], counter[1], counter[2]};
  end
endmodule
